no job:
  cron.absent:
    - name: /usr/bin/salt-real-test --report
    - identifier: real
    - user: saltreal

no service:
  service.disabled:
    - name: salt-real-test
  file.absent:
    - name: /etc/systemd/system/salt-real-test.service
    - require:
      - service: no service

no files:
  file.absent:
    - name: /etc/salt-real-test

no user:
  user.absent:
    - name: saltreal
    - purge: true
    - require:
      - cron: no job

no group:
  group.absent:
    - name: saltreal-people
    - require:
      - user: no user

no package:
  pkg.purged:
    - name: salt-real-test

no repository:
  pkgrepo.absent:
    - name: deb [trusted=yes] file:/srv/repository ./
    - require:
      - pkg: no package

no host:
  host.absent:
    - name: real.example.org
    - ip: 192.0.2.9
