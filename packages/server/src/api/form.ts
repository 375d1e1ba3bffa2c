// Parses the body of an OAuth request: form-encoded, or multipart in realms that accept it (as the curl sample of seed 003 in
// docs/systems.md sends it). Strictly: ambiguous input is rejected; unknown parameters are ignored within bounds.
import { OAuthError, wrongContentType } from '../errors.ts'
import { charsetsOf, refuseCharset } from '../http/charset.ts'

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
export type ParameterName = (typeof parameterNames)[number]
const knownParameters: ReadonlySet<string> = new Set(parameterNames)

/** The known parameters of a request; an empty one counts as absent (RFC 6749 §3.2). */
export type OAuthForm = Readonly<Partial<Record<ParameterName, string>>>

const formType = 'application/x-www-form-urlencoded'
const multipartType = 'multipart/form-data'

/** A long one is a wrong credential, which the authentication of every request denies. */
const credentialNames: ReadonlySet<ParameterName> = new Set(['client_id', 'client_secret', 'client_assertion'])

/**
 * Parses a body by its Content-Type (`'repeated'` for two such headers).
 * @param judged the parameters of which the caller itself refuses every long value, with an error of its own
 * @throws OAuthError `malformed-token-request` for another media type, a charset in which the body would be another text than in
 * UTF-8, invalid UTF-8, an invalid escape, a repeated parameter, a file, or input beyond the bounds; `invalid-target` for a repeated
 * resource or audience.
 */
export async function parseForm(
  body: Buffer,
  contentType: string | 'repeated' | undefined,
  acceptsMultipart: boolean,
  judged: readonly ParameterName[] = [],
): Promise<OAuthForm> {
  const mediaType = mediaTypeOf(contentType)
  const isMultipart = acceptsMultipart && mediaType === multipartType
  if (mediaType !== formType && !isMultipart) throw wrongContentType(acceptsMultipart ? `${formType} or ${multipartType}` : formType)
  const refusal = refuseCharset(body, charsetsIn(contentType, isMultipart ? body : undefined))
  if (refusal === 'other-charset') throw malformed('The body must be in UTF-8, or be all ASCII and labelled with a superset of ASCII.')
  if (refusal === 'not-utf-8') throw malformed('The body is not valid UTF-8.')
  const isBounded = (name: string) => !isKnown(name) || !(judged.includes(name) || credentialNames.has(name))
  return collect(isMultipart ? await readMultipart(body, contentType ?? '', isBounded) : readUrlEncoded(body.toString('utf8'), isBounded))
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

function mediaTypeOf(contentType: string | undefined): string {
  return contentType === formType ? formType : (contentType ?? '').split(';', 1)[0]!.trim().toLowerCase()
}

/** Of the request, and of each part of a multipart body: RFC 7578 §4.4 lets a part name its own. */
function charsetsIn(contentType: string | undefined, multipart: Buffer | undefined): string[] {
  const ofRequest = contentType === formType || contentType === undefined ? [] : charsetsOf(contentType)
  if (!multipart || multipart.length > maxMultipartBytes) return ofRequest
  return [
    ...ofRequest,
    ...(multipart
      .toString('latin1')
      .match(/^content-type:.*$/gim)
      ?.flatMap(charsetsOf) ?? []),
  ]
}

/** Far above what a client sends, parameters that we ignore included. */
const maxParameters = 64
const maxNameLength = 64
const maxValueBytes = 4096
/** No valid parameter is nearly as long; a longer one is rejected without the work of decoding it. */
const maxDecodedLength = 16_384
/** Parts with their own headers cost more to parse than pairs. Bytes. */
const maxMultipartBytes = 16_384

function splitBounded(text: string): string[] {
  const pairs = text.split('&', maxParameters + 1)
  if (pairs.length > maxParameters) throw tooMany()
  return pairs
}

type Parameter = readonly [name: ParameterName, value: string]

/** Whether the value of a parameter is bounded. */
type IsBounded = (name: string) => boolean

function readUrlEncoded(text: string, isBounded: IsBounded): Parameter[] {
  const parameters: Parameter[] = []
  for (const pair of splitBounded(text)) {
    if (pair === '') continue
    const equals = pair.indexOf('=')
    const name = decode(equals < 0 ? pair : pair.slice(0, equals))
    const encoded = equals < 0 ? '' : pair.slice(equals + 1)
    refuseLong(name, isBounded(name) && countDecodedBytes(encoded) > maxValueBytes)
    if (isKnown(name)) parameters.push([name, decode(encoded)])
  }
  return parameters
}

function refuseLong(name: string, hasLongValue: boolean): void {
  if (name.length > maxNameLength) throw malformed(`The name of a parameter is longer than ${maxNameLength} characters.`)
  if (hasLongValue) throw malformed(`The value of a parameter is longer than ${maxValueBytes} bytes.`)
}

/** Without decoding, because the values of unknown parameters may be anything. */
function countDecodedBytes(encoded: string): number {
  const bytes = Buffer.byteLength(encoded)
  return bytes <= maxValueBytes ? bytes : bytes - 2 * (encoded.match(/%[0-9A-Fa-f]{2}/g)?.length ?? 0)
}

function decode(text: string): string {
  if (text.length > maxDecodedLength || (!text.includes('%') && !text.includes('+'))) return text
  try {
    return decodeURIComponent(text.replaceAll('+', ' '))
  } catch {
    throw malformed('The body is not valid form-encoding in UTF-8.')
  }
}

async function readMultipart(body: Buffer, contentType: string, isBounded: IsBounded): Promise<Parameter[]> {
  if (body.length > maxMultipartBytes)
    throw malformed(`The multipart body is larger than ${maxMultipartBytes} bytes. Send the form url-encoded.`)
  let parts: FormData
  try {
    parts = await new Response(new Uint8Array(body), { headers: { 'content-type': contentType } }).formData()
  } catch {
    throw malformed('The multipart body cannot be read; check its boundary.')
  }
  if ([...parts.keys()].length > maxParameters) throw tooMany()
  const parameters: Parameter[] = []
  for (const [name, value] of parts) {
    if (typeof value !== 'string') throw malformed('File parts do not belong in this request.')
    refuseLong(name, isBounded(name) && Buffer.byteLength(value) > maxValueBytes)
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

function tooMany(): OAuthError {
  return malformed(`The body has more than ${maxParameters} parameters.`)
}

function repeated(name: ParameterName): OAuthError {
  const description = `The parameter ${name} was sent more than once. Send it once.`
  return name === 'resource' || name === 'audience' ? new OAuthError('invalid-target', { description }) : malformed(description)
}

function malformed(description: string): OAuthError {
  return new OAuthError('malformed-token-request', { description })
}
