/** Filler text, as Jinja's `lipsum()` makes it. */
import { Markup, type Value } from '../values/kinds.ts'
import { checkLength } from '../values/text.ts'

const vocabulary =
  'a ac accumsan ad adipiscing aenean aliquam aliquet amet ante aptent arcu at auctor augue bibendum blandit commodo condimentum congue consectetuer consequat convallis cras cubilia cum curabitur curae cursus dapibus diam dictum dictumst dignissim dis dolor donec dui duis egestas eget eleifend elementum elit enim erat eros est et etiam eu euismod facilisi facilisis fames faucibus felis fermentum feugiat fringilla fusce gravida habitant hac hendrerit hymenaeos iaculis id imperdiet in inceptos integer interdum ipsum justo lacinia lacus laoreet lectus leo libero ligula litora lobortis lorem luctus maecenas magna magnis malesuada massa mattis mauris metus mi molestie mollis montes morbi mus nam nascetur natoque nec neque netus nibh nisi nisl non nonummy nostra nulla nullam nunc odio orci ornare parturient pede pellentesque penatibus per pharetra phasellus placerat platea porta porttitor posuere potenti praesent pretium primis proin pulvinar purus quam quis quisque rhoncus ridiculus risus rutrum sagittis sapien scelerisque sed sem semper senectus sit sociis sociosqu sodales sollicitudin suscipit suspendisse taciti tellus tempor tempus tincidunt torquent tortor tristique turpis ullamcorper ultrices ultricies urna ut varius vehicula vel velit venenatis vestibulum vitae vivamus viverra volutpat vulputate'.split(
    ' ',
  )

function below(limit: number): number {
  return Math.floor(Math.random() * limit)
}

function paragraph(words: number): string {
  let text = ''
  let startsSentence = true
  let sinceComma = 0
  for (let index = 0; index < words; index++) {
    const word = vocabulary[below(vocabulary.length)] ?? 'lorem'
    text += `${index === 0 ? '' : ' '}${startsSentence ? word.charAt(0).toUpperCase() + word.slice(1) : word}`
    startsSentence = false
    sinceComma += 1
    if (index === words - 1) break
    if (sinceComma > 3 + below(6)) {
      startsSentence = below(2) === 0
      text += startsSentence ? '.' : ','
      sinceComma = 0
    }
  }
  return `${text}.`
}

const averageWord = 7
/** Of a paragraph without words, with what stands around it. */
const shortestParagraph = 10

/** So many paragraphs of `min` up to `max` words. */
export function lipsum(count: number, asHtml: boolean, min: number, max: number): Value {
  checkLength(Math.max(0, count) * Math.max(shortestParagraph, Math.max(min, max) * averageWord))
  const paragraphs = Array.from({ length: Math.max(0, count) }, () => paragraph(min + below(Math.max(1, max - min))))
  return asHtml ? new Markup(paragraphs.map((text) => `<p>${text}</p>`).join('\n')) : paragraphs.join('\n\n')
}
