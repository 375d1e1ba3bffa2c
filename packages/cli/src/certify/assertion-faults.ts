// What is wrong with an assertion that the server refused, by the reason in its audit log, and what to change.
import { assertionType, type SentAssertion } from './assertions.ts'

export interface AssertionFault {
  readonly seen: string
  readonly remedy: string
}

export const freshAssertionRemedy =
  'Sign a new assertion with another random "jti" for each token request, also for a retry: the issuer accepts each once, and may have accepted the first although its response was lost.'

/** The rule of the server. */
const maxAheadSeconds = 300

/** Of ECDSA in a JWS. */
const signatureBytes: ReadonlySet<number> = new Set([64, 96, 132])

const missing: AssertionFault = {
  seen: 'a token request without "client_assertion", or with another "client_assertion_type" than that of JWTs',
  remedy: `Send client_assertion_type=${assertionType} and client_assertion=<the JWT> in the form, and neither a secret nor a Basic header.`,
}

const keyRemedy =
  'Sign with the private key that you were given, by its one algorithm, and name its id as "kid" in the header: CLIENT_KEY_ALGORITHM and CLIENT_KEY_ID, or "alg" and "kid" of the JWK. When the key is replaced, read all of it again.'
const derRemedy =
  'Convert the signature: a JWS has r and s of ECDSA one after the other (RFC 7518 §3.4; "ieee-p1363" in Node, "SHA256withECDSAinP1363Format" in Java), and not their DER form. A JWT library does it.'
const timeRemedy =
  'Count "iat", "nbf" and "exp" in seconds since 1970, not in milliseconds, from the clock of this machine: "exp" 60 s after now, and "nbf" not in the future.'

/** @param reason undefined if the server refused for another reason than the assertion @param now milliseconds since the epoch */
export function describeAssertionFault(
  reason: string | undefined,
  assertion: SentAssertion | undefined,
  { clientId, issuerUrl, now }: { readonly clientId: string; readonly issuerUrl: string; readonly now: number },
): AssertionFault | undefined {
  if (assertion === undefined || reason === 'method-not-registered') return missing
  const { claims, header } = assertion
  const { aud, exp } = claims
  switch (reason) {
    case 'malformed-assertion':
      return {
        seen: 'an assertion that is no JWT of an assertion: three parts with "sub", and a "typ" that is absent, JWT or client-authentication+jwt',
        remedy: `Send a compact JWS whose header has "alg" and "kid" alone, or "typ" besides, and whose "sub" is the client id.`,
      }
    case 'unknown-client':
    case 'client-ids-differ':
      return {
        seen: `"sub" of the assertion is ${quote(claims['sub'])}, or "client_id" in the form is another id`,
        remedy: '"iss" and "sub" are both the client id: CLIENT_ID. "client_id" in the form may be absent.',
      }
    case 'unknown-assertion-key':
      return {
        seen: `"kid" is ${quote(header['kid'])} and "alg" ${quote(header['alg'])}, which is no key of the client`,
        remedy: keyRemedy,
      }
    case 'wrong-assertion-audience':
      return {
        seen: `"aud" of the assertion is ${quote(aud)}, and the issuer is "${issuerUrl}"`,
        remedy:
          'Set "aud" to the issuer, as one string: the value of ISSUER, or "issuer" of its metadata. The token endpoint is no audience.',
      }
    case 'expired-assertion':
      return { seen: `"exp" of the assertion is ${quote(exp)}: it has passed, or is no number of seconds`, remedy: timeRemedy }
    case 'assertion-lifetime-too-long': {
      const ahead = Math.round(Number(exp) - now / 1000)
      return { seen: `"exp" of the assertion is ${ahead} s ahead, and the issuer accepts ${maxAheadSeconds} s`, remedy: timeRemedy }
    }
    case 'repeated-assertion':
      return { seen: 'two token requests with the same assertion, or with the same "jti"', remedy: freshAssertionRemedy }
    case 'wrong-assertion':
      return describeWrongAssertion(assertion, clientId)
    default:
      return undefined
  }
}

/** In the order in which the server looks: signature, then claims. */
function describeWrongAssertion({ claims, header, signer, text }: SentAssertion, clientId: string): AssertionFault {
  const { iss, jti, iat, nbf } = claims
  const signature = Buffer.from(text.split('.')[2] ?? '', 'base64url')
  const isDer = String(header['alg']).startsWith('ES') && signature[0] === 0x30 && !signatureBytes.has(signature.length)
  if (signer === undefined && isDer) return { seen: 'the signature of the assertion is in DER', remedy: derRemedy }
  if (signer === undefined || signer.keyId !== (header['kid'] ?? signer.keyId))
    return { seen: `the signature of the assertion is not by the key that "kid" names (${quote(header['kid'])})`, remedy: keyRemedy }
  if (iss !== clientId)
    return { seen: `"iss" of the assertion is ${quote(iss)}`, remedy: '"iss" and "sub" are both the client id: CLIENT_ID.' }
  if (typeof jti !== 'string' || jti === '' || jti.length > 128)
    return {
      seen: `"jti" of the assertion is ${quote(jti)}`,
      remedy: `Set "jti" to a text of 1 to 128 characters. ${freshAssertionRemedy}`,
    }
  return {
    seen: `"iat" of the assertion is ${quote(iat)} and "nbf" ${quote(nbf)}: in the future, long ago, or no number of seconds`,
    remedy: timeRemedy,
  }
}

/** It is the backend's own text, and no credential. */
function quote(value: unknown): string {
  return value === undefined ? 'absent' : JSON.stringify(value).slice(0, 200)
}
