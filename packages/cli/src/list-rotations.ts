// countersign secret rotations: the rotations of a realm that are in progress, and which of them can be ended.
import { Option, type Command } from 'commander'
import { addList, inRealm, type RealmOptions } from './operator-command.ts'
import { given, parseInstant } from './values.ts'

const states = ['issued', 'overlapping'] as const

type RotationsOptions = RealmOptions & {
  readonly state?: (typeof states)[number]
  readonly confirmable?: boolean
  readonly endsBefore?: string
  readonly organization?: string
}

export function addRotations(secret: Command): void {
  addList(secret, {
    usage: 'rotations',
    operation: 'rotation.list',
    description:
      'List the rotations of a realm that are in progress, the one first whose window ends first: whether the new secret was used, when the old one was used last, and whether it can be ended now',
    example: 'secret rotations --realm nt24-idp\n  countersign secret rotations --realm nt24-idp --confirmable',
    options: (rotations) =>
      inRealm(rotations)
        .addOption(
          new Option('--state <state>', '"issued": the new secret has not been used yet; "overlapping": it has been used').choices(states),
        )
        .option('--confirmable', 'list rotations whose old secret can be ended now')
        .option('--ends-before <instant>', 'list rotations whose window ends before this instant or day (UTC)')
        .option('--organization <organization>', 'list rotations of the clients of this organization: its slug or its id'),
    input: ({ realm, state, confirmable, endsBefore, organization }: RotationsOptions) => ({
      params: { realm },
      query: {
        state,
        organization,
        confirmable: confirmable ? ('true' as const) : undefined,
        endsBefore: given(parseInstant, '--ends-before', endsBefore),
      },
    }),
    columns: {
      'CLIENT ID': ({ client }) => client,
      ORGANIZATION: ({ organization }) => organization.slug,
      STATE: ({ state }) => (state === 'issued' ? 'new secret not used yet' : 'both secrets are good'),
      'OLD LAST USED': ({ oldSecretLastUsedAt }) => oldSecretLastUsedAt ?? 'never',
      ENDS: ({ windowEndsAt }) => windowEndsAt ?? '',
      NOW: ({ confirmable, cutsOff }) => {
        if (cutsOff === null) return confirmable ? 'can be ended' : ''
        return { 'new-unused': 'new secret unused', 'old-in-use': 'old secret in use' }[cutsOff]
      },
    },
    shorten: ['ORGANIZATION', 'STATE'],
  })
}
