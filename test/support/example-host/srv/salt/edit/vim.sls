<<<<<<< HEAD
/srv/fred/.vimrc:
  file.managed:
    - contents: set number
=======
include:
  - core

vim:
  test.succeed_without_changes:
    - require:
      - test: /etc/motd
>>>>>>> c-compile
