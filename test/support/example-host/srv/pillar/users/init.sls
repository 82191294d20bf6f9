users:
  alice: {shell: /bin/bash}
