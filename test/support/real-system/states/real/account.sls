{% from 'real/settings.jinja' import settings with context %}

saltreal-people:
  group.present:
    - gid: 45678

{{ settings.user }}:
  user.present:
    - uid: 45679
    - fullname: Real Test
    - shell: {{ settings.shell }}
    - home: /home/{{ settings.user }}
    - password: '$6$saltreal$nothingfitsthis'
    - groups:
      - saltreal-people
    - require:
      - group: saltreal-people
