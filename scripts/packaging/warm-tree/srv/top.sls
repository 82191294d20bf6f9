base:
  '*':
    - web
  'G@kernel:Linux and warm*':
    - match: compound
    - more
