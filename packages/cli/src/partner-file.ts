// A file of partners. All faulty lines are reported before anything is sent.
import { readPartnerLines, type PartnerLine } from '@countersign/admin/partner-lines'
import { CommandError } from './output.ts'

const maxFaultsShown = 10

/** @throws CommandError with the numbers of the faulty lines */
export function parsePartners(file: string, text: string): readonly PartnerLine[] {
  const { partners, faults } = readPartnerLines(text)
  if (faults.length > 0) throw faultyFile(file, faults)
  if (partners.length === 0)
    throw new CommandError(`"${file}" contains no partner.`, { reason: 'local', next: 'Write one partner per line: "id,name".' })
  return partners
}

function faultyFile(file: string, faults: readonly string[]): CommandError {
  const more = faults.length > maxFaultsShown ? `\n  and ${faults.length - maxFaultsShown} more` : ''
  return new CommandError(`"${file}" is not a list of partners:\n  ${faults.slice(0, maxFaultsShown).join('\n  ')}${more}`, {
    reason: 'local',
    next: 'Correct these lines; each must be an id, or an id and a name: "id,name". Nothing was sent.',
  })
}
