base:
  '*':
    - web
    - core
