create_myfile:
  file.managed:
    - name: /srv/app/myfile
    - contents: made by states

update_template:
  test.nop:
    - require:
      - file: create_myfile

filestate:
  test.nop
