import { s } from '../../../base/schema.ts'
import { defineReturner } from '../../../engine/returner.ts'
import { httpOptions } from '../../../engine/returners/http-options.ts'

export const webhook = defineReturner({
  name: 'webhook',
  doc: `Tells a web server of each return, event or job, with a request of its own.

The body is JSON: all that is known, or the fields that are given, in which \${id}, \${fun}, \${return.a} … stand for what is delivered;
a text that is nothing but one of them becomes its value. With a secret, a header has the HMAC-SHA256 of the body, so that the
server can tell who sent it. X-Salt-Kind says what it is, X-Salt-Delivery is the same when it comes again. Answers mean what they
do for the returner http.`,
  options: {
    url: s.secret('Where to; it is never shown, since it often has a token in it'),
    fields: s.optional(s.record(s.any(), 'What the body has, by name; values may be lists and mappings')),
    secret: s.optional(s.secret('What the body is signed with')),
    signature_header: s.withDefault(s.string('The header with the signature, sha256=HEX'), 'X-Salt-Signature-256'),
    ...httpOptions,
  },
  takes: ['return', 'event', 'job'],
  examples: [
    `salt '*' test.ping --return webhook --return_kwargs '{"url": "https://example.org/hook", "secret": "…"}'`,
    `salt '*' state.apply --return webhook --return_kwargs '{"url": "…", "fields": {"text": "\${fun} on \${id}: \${success}"}}'`,
  ],
  open: async (context, options) => (await import('./hook.ts')).openHook(context, options),
})
