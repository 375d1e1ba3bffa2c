// The problems of the catalogue in the order in which the list shows them: by where they occur, then by what their status means.
import { problems, type ProblemCode, type ProblemEntry } from '@countersign/protocol'

export type ListedProblem = readonly [code: ProblemCode, entry: ProblemEntry]

export interface ProblemGroup {
  readonly heading: string
  readonly problems: readonly ListedProblem[]
}

type Surface = ProblemEntry['surface'] | 'server'

export interface ProblemSurface {
  readonly id: Surface
  readonly heading: string
  readonly groups: readonly ProblemGroup[]
}

export const listedProblems = Object.entries(problems) as readonly ListedProblem[]

export const surfaceNames: Readonly<Record<Surface, string>> = {
  oauth: 'At the token endpoint',
  api: 'At an API',
  server: 'At this server: /v1/me, the admin API, the console and the portal',
}

/** Of the problems of APIs those that neither a guard nor the gateway answers with. */
const ofServer: ReadonlySet<ProblemCode> = new Set<ProblemCode>([
  'realm-not-permitted',
  'owner-required',
  'guard-outdated',
  'conflict',
  'precondition-failed',
  'precondition-required',
  'idempotency-key-reused',
  'old-secret-in-use',
  'new-secret-unproven',
  'key-in-use',
  'other-key-unproven',
  'new-secret-in-use',
  'rotation-in-progress',
  'no-rotation',
  'rotation-of-the-operator',
  'new-secret-required',
  'no-self-service-here',
  'signed-out',
  'sign-in-again',
  'invitation-ended',
  'cross-site-request',
  'payload-too-large',
  'request-timeout',
  'request-header-too-large',
  'unsupported-media-type',
])

export function surfaceOf([code, { surface }]: ListedProblem): Surface {
  return ofServer.has(code) ? 'server' : surface
}

const meanings = [
  'The caller is not authenticated',
  'The caller may not do this',
  'The request is wrong',
  'The current state does not allow it',
  'Too many requests',
  'The server cannot answer',
] as const

function meaningOf(status: number): (typeof meanings)[number] {
  if (status >= 500) return 'The server cannot answer'
  if (status === 401) return 'The caller is not authenticated'
  if (status === 403) return 'The caller may not do this'
  if (status === 429) return 'Too many requests'
  return [409, 410, 412].includes(status) ? 'The current state does not allow it' : 'The request is wrong'
}

export function problemSurfaces(): readonly ProblemSurface[] {
  return (['oauth', 'api', 'server'] as const).map((id) => {
    const here = listedProblems.filter((problem) => surfaceOf(problem) === id)
    const groups = meanings.map((heading) => ({ heading, problems: here.filter(([, { status }]) => meaningOf(status) === heading) }))
    return { id, heading: surfaceNames[id], groups: groups.filter(({ problems }) => problems.length > 0) }
  })
}

/** The name that a caller meets in the answer. */
export function nameOnTheWire(code: ProblemCode, { oauthError }: ProblemEntry): string {
  return oauthError === undefined ? code : `error=${oauthError}`
}
