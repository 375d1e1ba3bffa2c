// countersign dpa: versions of the Data Processing Agreement of a realm, and their acceptance by organizations.
import { Command, Option } from 'commander'
import { addList, addOperation, inRealm, ofOrganization, type RealmOptions } from './operator-command.ts'
import { describeOrganization } from './organization.ts'
import { formatFacts } from './output.ts'
import { parseInstant, readText } from './values.ts'

const standings = ['accepted', 'outdated', 'missing'] as const

interface Published {
  readonly requiredFrom: string
  readonly description?: string
  readonly textFile?: string
}

type OrganizationOptions = RealmOptions & { readonly organization: string }

export function dpaCommand(): Command {
  const command = new Command('dpa')
    .description('Publish versions of the Data Processing Agreement (DPA) and record acceptances')
    .addHelpText(
      'after',
      '\nExample:\n  countersign dpa accept 2026-01 --realm nt24-idp --organization acme --accepted-by "Ada Lovelace, CFO"',
    )

  addOperation(command, {
    usage: 'publish <dpa-version>',
    description: 'Publish a version of the DPA. A published version cannot be changed or withdrawn',
    operation: 'dpa.publish',
    example: 'dpa publish 2026-07 --realm nt24-idp --required-from 2026-09-01 --description "Adds a processor in Norway"',
    options: (publish) =>
      inRealm(publish)
        .requiredOption('--required-from <instant>', 'end of the grace period: until then the previous version is sufficient')
        .option('--description <text>', 'summary of the changes')
        .option(
          '--text-file <file>',
          'text of the agreement in Markdown, which people read and accept in the portal; "-" for standard input',
        ),
    input: ({ realm, requiredFrom, description, textFile }: RealmOptions & Published, version) => ({
      params: { realm },
      body: {
        version: version,
        requiredFrom: parseInstant('--required-from', requiredFrom),
        description,
        text: textFile === undefined ? undefined : readText(textFile),
      },
    }),
    text: ({ version, requiredFrom, textDigest }) =>
      formatFacts([
        ['version', version],
        ['required from', requiredFrom ?? 'the beginning'],
        ...(textDigest ? [['SHA-256 of text', textDigest] as const] : []),
      ]),
  })

  addOperation(command, {
    usage: 'text <dpa-version>',
    description: 'Print the text of a version of the DPA. Fails if it was published without one',
    operation: 'dpa.text',
    example: 'dpa text 2026-07 --realm nt24-idp',
    input: ({ realm }, version) => ({ params: { realm, version } }),
    text: ({ text }) => text.replace(/\n$/, ''),
  })

  addList(command, {
    usage: 'versions',
    operation: 'dpa.versions',
    example: 'dpa versions --realm nt24-idp',
    input: ({ realm }) => ({ params: { realm } }),
    columns: {
      VERSION: ({ version }) => version,
      'REQUIRED FROM': ({ requiredFrom }) => requiredFrom ?? 'the beginning',
      TEXT: ({ textDigest }) => (textDigest ? 'yes' : 'no'),
      DESCRIPTION: ({ description }) => description ?? '',
    },
  })

  addOperation(command, {
    usage: 'accept <dpa-version>',
    description: 'Record that an organization accepted a version of the DPA. An acceptance cannot be removed',
    operation: 'dpa.accept',
    example: 'dpa accept 2026-01 --realm nt24-idp --organization acme --accepted-by "Ada Lovelace, CFO"',
    options: (accept) =>
      ofOrganization(accept)
        .requiredOption('--accepted-by <name>', 'name of the person who accepted it')
        .option('--digest <sha256>', 'SHA-256 of the text that was accepted; fails if the version has another text'),
    input: ({ realm, organization, acceptedBy, digest }: OrganizationOptions & { acceptedBy: string; digest?: string }, version) => ({
      params: { realm, organization },
      body: { version: version, acceptedBy, digest },
    }),
    text: describeOrganization,
  })

  addList(command, {
    usage: 'standing',
    operation: 'dpa.standing',
    description:
      'List which version of the DPA each organization has accepted, and whether it is enough now, or will be for a version that becomes required. Suspended organizations and those of guards are left out',
    example: 'dpa standing --realm nt24-idp --standing missing\n  countersign dpa standing --realm nt24-idp --dpa-version 2026-07',
    options: (standing) =>
      inRealm(standing)
        .addOption(new Option('--standing <standing>', 'list organizations that stand so').choices(standings))
        .option('--dpa-version <version>', 'version by which it is judged; the one that is required now by default'),
    input: ({ realm, standing, dpaVersion }: RealmOptions & { standing?: (typeof standings)[number]; dpaVersion?: string }) => ({
      params: { realm },
      query: { standing, version: dpaVersion },
    }),
    columns: {
      ORGANIZATION: ({ organization }) => organization.slug,
      STANDING: ({ standing }) => standing,
      ACCEPTED: ({ acceptedVersion }) => acceptedVersion ?? '',
      'ACCEPTED AT': ({ acceptedAt }) => acceptedAt ?? '',
      'REFUSED TODAY': ({ refused }) => (refused === null ? '' : String(refused.today)),
    },
    note: ({ version, counts }) => {
      if (version === null) return 'The realm requires no version.'
      return counts && `Version ${version}: accepted by ${counts.accepted}, an older one by ${counts.outdated}, none by ${counts.missing}.`
    },
  })

  addList(command, {
    usage: 'acceptances',
    operation: 'dpa.acceptances',
    example: 'dpa acceptances --realm nt24-idp --organization acme',
    options: ofOrganization,
    input: ({ realm, organization }: OrganizationOptions) => ({ params: { realm, organization } }),
    columns: {
      VERSION: ({ version }) => version,
      'ACCEPTED AT': ({ acceptedAt }) => acceptedAt,
      'ACCEPTED BY': ({ acceptedBy }) => acceptedBy,
    },
  })

  return command
}
