/srv/app/db.conf:
  file.managed:
    - contents: port = 5432
    - require:
      - test: settings

settings:
  test.nop
