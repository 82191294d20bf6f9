base:
  '*':
    - core
<<<<<<< HEAD
    - web
=======
    - edit.vim
>>>>>>> c-compile
