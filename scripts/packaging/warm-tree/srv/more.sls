{%- set ns = namespace(count=0) %}
{%- for i in range(20) %}
{%- set ns.count = ns.count + i %}
more-{{ i }}:
  test.nop:
    - name: "more {{ '%02d' | format(i) }}"
{%- if i > 0 %}
    - require:
      - test: more-{{ i - 1 }}
{%- endif %}
{%- endfor %}

more-outcome:
  test.configurable_test_state:
    - changes: false
    - result: {{ salt['pillar.get']('missing:key', true) and ns.count > 0 }}
    - comment: >-
        {{ salt['cmd.run']('echo two words') }}
    - onlyif: [true]

extend:
  more-0:
    test:
      - listen_in: [test: more-3]
