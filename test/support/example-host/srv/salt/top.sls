base:
  '*':
    - core
    - web
    - edit.vim
