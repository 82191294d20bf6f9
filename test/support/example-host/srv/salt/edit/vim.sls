include:
  - core

vim:
  test.succeed_without_changes:
    - require:
      - test: /etc/motd
