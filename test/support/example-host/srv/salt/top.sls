base:
  '*':
    - core
    - web
