// Parses the body of an OAuth request: form-encoded, or multipart in realms that accept it (as the curl sample of seed 003 in
// docs/systems.md sends it). Strictly: ambiguous input is rejected, and unknown parameters are ignored.
import { isUtf8 } from 'node:buffer'
import { OAuthError, wrongContentType } from '../errors.ts'

const parameterNames = [
  'grant_type',
  'client_id',
  'client_secret',
  'client_assertion',
  'client_assertion_type',
  'scope',
  'resource',
  'audience',
  'username',
  'password',
  'token',
  'token_type_hint',
  'window', // where a client replaces its own secret
] as const
type ParameterName = (typeof parameterNames)[number]
const knownParameters: ReadonlySet<string> = new Set(parameterNames)

/** The known parameters of a request; an empty one counts as absent (RFC 6749 §3.2). */
export type OAuthForm = Readonly<Partial<Record<ParameterName, string>>>

const formType = 'application/x-www-form-urlencoded'
const multipartType = 'multipart/form-data'

/**
 * Parses a body by its Content-Type (`'repeated'` for two such headers).
 * @throws OAuthError `malformed-token-request` for another media type, a charset other than UTF-8, invalid UTF-8, an invalid
 * escape, a repeated parameter or a file; `invalid-target` for a repeated resource or audience.
 */
export async function parseForm(body: Buffer, contentType: string | 'repeated' | undefined, acceptsMultipart: boolean): Promise<OAuthForm> {
  const { mediaType, charset } = parseContentType(contentType)
  const isMultipart = acceptsMultipart && mediaType === multipartType
  if (mediaType !== formType && !isMultipart) throw wrongContentType(acceptsMultipart ? `${formType} or ${multipartType}` : formType)
  if (charset !== undefined && charset !== 'utf-8' && charset !== 'utf8') throw malformed('The body must be in UTF-8.')
  if (!isUtf8(body)) throw malformed('The body is not valid UTF-8.')
  return collect(isMultipart ? await readMultipart(body, contentType ?? '') : readUrlEncoded(body.toString('utf8')))
}

/** Rejects known parameters in the query, where credentials would end up in logs. `url` is the request target. */
export function refuseQueryParameters(url: string): void {
  const query = url.search(/[?#]/) // A fragment has no place in a request either, and the router would cut it off.
  if (query < 0) return
  for (const name of new URLSearchParams(url.slice(query + 1)).keys()) {
    if (isKnown(name))
      throw malformed('Parameters belong in the body, not in the URL. If a secret was among them, rotate it: URLs end up in logs.')
  }
}

function parseContentType(header: string | undefined): { mediaType: string; charset: string | undefined } {
  if (header === formType) return { mediaType: formType, charset: undefined }
  const [mediaType = '', ...parameters] = (header ?? '').split(';').map((part) => part.trim().toLowerCase())
  const charset = parameters.find((parameter) => parameter.startsWith('charset='))
  return { mediaType, charset: charset?.slice('charset='.length).replaceAll('"', '') }
}

const maxParameters = 100
/** No valid parameter is nearly as long; a longer one is rejected without the work of decoding it. */
const maxDecodedLength = 16_384
/** Parts with their own headers cost more to parse than pairs. Bytes. */
const maxMultipartBytes = 16_384

function splitBounded(text: string): string[] {
  const pairs = text.split('&', maxParameters + 1)
  if (pairs.length > maxParameters) throw malformed(`The body has more than ${maxParameters} parameters.`)
  return pairs
}

type Parameter = readonly [name: ParameterName, value: string]

function readUrlEncoded(text: string): Parameter[] {
  const parameters: Parameter[] = []
  for (const pair of splitBounded(text)) {
    if (pair === '') continue
    const equals = pair.indexOf('=')
    const name = decode(equals < 0 ? pair : pair.slice(0, equals))
    if (isKnown(name)) parameters.push([name, equals < 0 ? '' : decode(pair.slice(equals + 1))])
  }
  return parameters
}

function decode(text: string): string {
  if (text.length > maxDecodedLength || (!text.includes('%') && !text.includes('+'))) return text
  try {
    return decodeURIComponent(text.replaceAll('+', ' '))
  } catch {
    throw malformed('The body is not valid form-encoding in UTF-8.')
  }
}

async function readMultipart(body: Buffer, contentType: string): Promise<Parameter[]> {
  if (body.length > maxMultipartBytes)
    throw malformed(`The multipart body is larger than ${maxMultipartBytes} bytes. Send the form url-encoded.`)
  let parts: FormData
  try {
    parts = await new Response(new Uint8Array(body), { headers: { 'content-type': contentType } }).formData()
  } catch {
    throw malformed('The multipart body cannot be read; check its boundary.')
  }
  const parameters: Parameter[] = []
  for (const [name, value] of parts) {
    if (typeof value !== 'string') throw malformed('File parts do not belong in this request.')
    if (isKnown(name)) parameters.push([name, value])
  }
  return parameters
}

function collect(parameters: readonly Parameter[]): OAuthForm {
  const values = new Map<ParameterName, string>()
  for (const [name, value] of parameters) {
    if (values.has(name)) throw repeated(name)
    values.set(name, value)
  }
  const form: Partial<Record<ParameterName, string>> = {}
  for (const [name, value] of values) if (value !== '') form[name] = value
  return form
}

function isKnown(name: string): name is ParameterName {
  return knownParameters.has(name)
}

function repeated(name: ParameterName): OAuthError {
  const description = `The parameter ${name} was sent more than once. Send it once.`
  return name === 'resource' || name === 'audience' ? new OAuthError('invalid-target', { description }) : malformed(description)
}

function malformed(description: string): OAuthError {
  return new OAuthError('malformed-token-request', { description })
}
