# The states and the parts of the languages that most trees use: what runs here is compiled when a user runs it.
{% from 'map.jinja' import web, line with context %}
{% set folder = opts.root_dir ~ '/web' %}
include:
  - more

web-folder:
  file.directory:
    - name: {{ folder }}
    - mode: '0755'
    - makedirs: true

{% for name in web.names %}
{{ folder }}/{{ name }}.conf:
  file.managed:
    - contents: |
        {{ line('name', name) }}
        {{ line('port', web.get('port', 0)) }}
    - require:
      - file: web-folder
    - watch_in:
      - cmd: reload
{% endfor %}

page:
  file.managed:
    - name: {{ folder }}/page
    - source: salt://page.jinja
    - template: jinja
    - context:
        port: {{ web.port | int }}
    - mode: 640
    - require_in: [test: last]

copy:
  file.managed:
    - names:
        - {{ folder }}/copy:
            - source: salt://defaults.yaml
        - {{ folder }}/other:
            - contents_pillar: web:text

reload:
  cmd.run:
    - name: 'true'
    - cwd: /
    - onchanges:
        - file: page

link:
  file.symlink:
    - name: {{ folder }}/link
    - target: page
    - unless:
        - test -e {{ folder }}/nowhere

gone:
  file.absent:
    - name: {{ folder }}/other
    - require: [file: copy]

words:
  file.append:
    - name: {{ folder }}/words
    - text: {{ pillar['web']['words'] | json }}

last:
  test.succeed_with_changes:
    - order: last
