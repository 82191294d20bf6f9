{% from 'real/settings.jinja' import settings with context %}

include:
  - real.account

repository:
  pkgrepo.managed:
    - name: deb [trusted=yes] file:/srv/repository ./
    - file: /etc/apt/sources.list.d/real.list

package:
  pkg.installed:
    - pkgs:
      - salt-real-test: {{ settings.version | yaml_dquote }}
    - require:
      - pkgrepo: repository

/etc/salt-real-test/site.conf:
  file.managed:
    - source: salt://real/site.conf
    - template: jinja
    - makedirs: true
    - mode: '0640'
    - context:
        greeting: hello
    - require:
      - user: {{ settings.user }}
      - pkg: package

unit:
  file.managed:
    - name: /etc/systemd/system/salt-real-test.service
    - source: salt://real/service.unit
    - template: jinja
  service.enabled:
    - name: salt-real-test
    - require:
      - file: unit

job:
  cron.present:
    - name: /usr/bin/salt-real-test --report
    - identifier: real
    - user: {{ settings.user }}
    - minute: 7
    - hour: 3
    - require:
      - user: {{ settings.user }}

real.example.org:
  host.present:
    - ip: 192.0.2.9

tell:
  cmd.run:
    - name: salt-real-test > /etc/salt-real-test/told
    - onchanges:
      - pkg: package
