// Chooses the cause of a refusal: by its reason where a client authenticates itself, otherwise by its problem.
import { problems, type Fixer, type OAuthProblemCode, type ProblemCode, type ProblemEntry } from '@countersign/protocol'
import { clientOf, fixerOf, ofTheRequest, ofTheServer, type Cause } from './cause.ts'
import * as changes from './change-rules.ts'
import type { Facts } from './facts.ts'
import { inWords, whatWasMissing } from './guard-faults.ts'
import { loginCauses } from './login-causes.ts'
import { causeOfWhatItSaw, rightsCauses } from './rights-causes.ts'
import { causeOfInvalidToken, tokenCauses } from './token-causes.ts'

type CodeOfApi = Exclude<ProblemCode, OAuthProblemCode>
type OtherCode = Exclude<CodeOfApi, keyof typeof rightsCauses | keyof typeof tokenCauses | 'invalid-token'>

const usualUnchanged = { integrator: ofTheRequest, operator: ofTheServer, api: 'It was the state of the API, not a change.' } as const

/** In the words of the catalogue. */
const usual = (code: OtherCode, who: Fixer, unchanged: string = usualUnchanged[who]): Cause => {
  const { causes }: ProblemEntry = problems[code]
  return { who, sentence: () => causes[0]!.cause, unchanged }
}

const otherCauses: Readonly<Record<OtherCode, Cause>> = {
  'realm-not-permitted': {
    who: 'operator',
    sentence: (facts) =>
      `${clientOf(facts).replace('the client', 'The operator')} was limited to other realms than the one of the request.`,
    changes: () => changes.limitedToRealms,
    unchanged: 'It was created with this limit, or lives in the realm that it serves.',
  },
  'owner-required': usual('owner-required', 'operator', 'Owners are made when they are created.'),
  'temporarily-unavailable': {
    who: 'operator',
    sentence: ({ request }) => {
      const missing = whatWasMissing(request)
      return request.source === 'guard'
        ? `The guard could not decide${missing === undefined ? '' : `: ${inWords(missing)}`}.`
        : 'The server could not process the request: its store or its keys could not be reached.'
    },
    remedy: 'Check the connection between the API and this server; /readyz of the operations listener tells the state of the server.',
    unchanged: ofTheServer,
  },
  'internal-error': {
    who: 'api',
    sentence: ({ request }) =>
      request.source === 'guard'
        ? 'The requirement of the route is invalid, or its adapter passes a request that is none.'
        : 'A defect of the server.',
    remedy: 'The log of the API, or of the server, has the error with its stack.',
    unchanged: 'It is a defect, not a change.',
  },
  'invalid-request': usual('invalid-request', 'integrator'),
  'not-found': usual('not-found', 'integrator'),
  'guard-outdated': usual('guard-outdated', 'api'),
  'route-not-permitted': usual('route-not-permitted', 'integrator'),
  'ambiguous-request': usual('ambiguous-request', 'integrator'),
  'untrusted-peer': usual('untrusted-peer', 'api'),
  'method-not-allowed': usual('method-not-allowed', 'integrator'),
  conflict: usual('conflict', 'integrator'),
  'precondition-failed': usual('precondition-failed', 'integrator'),
  'precondition-required': usual('precondition-required', 'integrator'),
  'idempotency-key-reused': usual('idempotency-key-reused', 'integrator'),
  'old-secret-in-use': usual('old-secret-in-use', 'integrator'),
  'new-secret-unproven': usual('new-secret-unproven', 'integrator'),
  'key-in-use': usual('key-in-use', 'operator'),
  'other-key-unproven': usual('other-key-unproven', 'operator'),
  'new-secret-in-use': usual('new-secret-in-use', 'integrator'),
  'rotation-in-progress': usual('rotation-in-progress', 'integrator', 'A rotation was in progress; "countersign secret status" shows it.'),
  'no-rotation': usual('no-rotation', 'integrator'),
  'rotation-of-the-operator': usual('rotation-of-the-operator', 'operator'),
  'new-secret-required': usual('new-secret-required', 'integrator'),
  'no-self-service-here': usual('no-self-service-here', 'integrator'),
  'payload-too-large': usual('payload-too-large', 'integrator'),
  'request-timeout': usual('request-timeout', 'integrator'),
  'request-header-too-large': usual('request-header-too-large', 'integrator'),
  'unsupported-media-type': usual('unsupported-media-type', 'integrator'),
  'signed-out': usual('signed-out', 'operator'),
  'sign-in-again': usual('sign-in-again', 'operator'),
  'invitation-ended': usual('invitation-ended', 'integrator'),
  'cross-site-request': usual('cross-site-request', 'operator'),
}

const causesOfCodes: Readonly<Record<Exclude<CodeOfApi, 'invalid-token'>, Cause>> = { ...rightsCauses, ...tokenCauses, ...otherCauses }

function isOfApi(code: Exclude<ProblemCode, 'invalid-token'>): code is keyof typeof causesOfCodes {
  return Object.hasOwn(causesOfCodes, code)
}

export function findCause(facts: Facts): Cause {
  const { code, reason, source } = facts.request
  if (source !== 'guard' && reason !== null && Object.hasOwn(loginCauses, reason)) return loginCauses[reason as keyof typeof loginCauses]
  if (code === 'invalid-token') return causeOfInvalidToken(facts)
  return causeOfWhatItSaw(code, facts.saw) ?? (isOfApi(code) ? causesOfCodes[code] : loginCauses[code])
}

/** Of a refusal of which only problem and reason are known, as in a list. */
export function usualFixerOf(code: ProblemCode, reason: string | null, portalUrl: string | undefined): Fixer {
  if (reason !== null && Object.hasOwn(loginCauses, reason)) return loginCauses[reason as keyof typeof loginCauses].who
  if (code === 'invalid-token') return 'integrator'
  return isOfApi(code) ? fixerOf(causesOfCodes[code], code, portalUrl) : loginCauses[code].who
}
