/srv/fred/.vimrc:
  file.managed:
    - contents: set number
