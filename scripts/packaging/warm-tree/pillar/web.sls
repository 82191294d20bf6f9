web:
  port: 8080
  text: some text of pillar
  words: [one, "two", 'three']
