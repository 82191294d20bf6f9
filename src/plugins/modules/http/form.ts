/** Data as the field of a form that is a file (`multipart/form-data`, RFC 7578). */
import { SaltError } from '../../../base/errors.ts'
import { pythonString } from '../../../base/python-repr.ts'

export async function formBody(
  content: unknown,
  field: string | undefined,
  filename: string | undefined,
): Promise<{ readonly type: string; readonly body: Buffer }> {
  if (field === undefined) throw new SaltError('bad-arguments', 'formdata_fieldname is required when formdata=True')
  const form = new FormData()
  const bytes = Buffer.isBuffer(content) ? new Uint8Array(content) : pythonString(content ?? '')
  form.set(field, new Blob([bytes]), filename ?? field)
  const encoded = new Response(form)
  return { type: encoded.headers.get('content-type') ?? '', body: Buffer.from(await encoded.arrayBuffer()) }
}
