/srv/www/site.conf:
  file.managed:
    - source: salt://web/site.conf
    - makedirs: True
