base:
  '*':
    - core
    - edit.vim
