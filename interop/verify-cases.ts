// The tokens that every verifier gets: of each realm one that it accepts, and those that it refuses.
import { alterSignature, clientOf, metadataOf, systemNames, systemOf, type SystemName } from '../conformance/target.fixture.ts'
import { freshTokenOf } from './fresh-token.ts'

/** What a verifier has to know of each realm. */
const realms: Record<SystemName, { readonly audience: string; readonly typ: string; readonly algorithm: string }> = {
  novatrade24: { audience: 'nt24-integration-api', typ: 'JWT', algorithm: 'ES256' },
  'partner-api': { audience: 'partner-api', typ: 'at+jwt', algorithm: 'ES256' },
  ptv: { audience: 'ptv-api', typ: 'JWT', algorithm: 'ES256' },
  nxtsoft: { audience: '', typ: '', algorithm: 'RS256' },
}

export type VerifyCase = readonly [what: string, input: string, expected: RegExp]

async function lineOf(name: SystemName, token: string, changes: { audience?: string; typ?: string } = {}): Promise<string> {
  const { audience, typ, algorithm } = { ...realms[name], ...changes }
  return [systemOf(name).issuer, audience, (await metadataOf(name)).jwks_uri, typ, algorithm, token].join('\t')
}

/** The token with these members of its header and the type. */
function withHeader(token: string, members: readonly string[]): string {
  const [header = '', ...rest] = token.split('.')
  const known = Object.entries(JSON.parse(Buffer.from(header, 'base64url').toString()))
  const kept = Object.fromEntries(known.filter(([name]) => name === 'typ' || members.includes(name)))
  return [Buffer.from(JSON.stringify(kept)).toString('base64url'), ...rest].join('.')
}

export async function verifyCases({ discovers = false, names = systemNames as readonly SystemName[] } = {}): Promise<VerifyCase[]> {
  const cases: VerifyCase[] = []
  for (const name of names) {
    const token = await freshTokenOf(name)
    const other = systemNames[(systemNames.indexOf(name) + 1) % systemNames.length]!
    cases.push([`accepts a token of ${name}`, await lineOf(name, token), new RegExp(`^ok ${clientOf(name).clientId}$`)])
    cases.push([`refuses an altered token of ${name}`, await lineOf(name, alterSignature(token)), /^refused/])
    for (const members of [[], ['alg']])
      cases.push([
        `refuses a token of ${name} whose header lacks ${members.length === 0 ? 'alg and kid' : 'kid'}`,
        await lineOf(name, withHeader(token, members)),
        /^refused/,
      ])
    cases.push([`refuses a token of ${other} in place of one of ${name}`, await lineOf(name, await freshTokenOf(other)), /^refused/])
    if (realms[name].audience !== '')
      cases.push([`refuses a token of ${name} for another audience`, await lineOf(name, token, { audience: 'another' }), /^refused/])
    if (name === 'partner-api')
      cases.push([`refuses a token of ${name} as one of type JWT`, await lineOf(name, token, { typ: 'JWT' }), /^refused/])
    if (discovers)
      cases.push([`reads the metadata of ${name}`, await lineOf(name, 'discover'), new RegExp(`^ok ${systemOf(name).issuer}$`)])
  }
  return cases
}
