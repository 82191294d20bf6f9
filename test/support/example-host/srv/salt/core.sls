{% for file in ['/etc/motd', '/etc/issue'] %}
{{ file }}:
  test.nop:
    - owner: root
{% endfor %}
