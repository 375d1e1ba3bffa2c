// Allows or withdraws many partners at once: from a file, or from pasted lines.
import type { VNode } from 'preact'
import { useState } from 'preact/hooks'
import type { OperationOutput } from '@countersign/admin'
import { readPartnerLines } from '@countersign/admin/partner-lines'
import { Act } from '../../shared/act/act.tsx'
import { Name } from '../../shared/components/name.tsx'
import { countOf } from '../../shared/count.ts'

/** In one request; the command line splits longer files. */
const maxPartners = 5000
const maxFaultsShown = 5

export function PartnersFromFile({ organization }: { readonly organization: OperationOutput<'organizations.get'> }): VNode {
  const { realm, slug, name: who, version, partners: allowed } = organization
  const [text, setText] = useState('')
  const [isWithdrawing, setWithdrawing] = useState(false)
  const { partners, faults } = readPartnerLines(text)
  const told = countOf(partners.length, 'partner')
  return (
    <div class="grid panel">
      <label class="field">
        <span>File</span>
        <input
          type="file"
          accept=".csv,.txt,text/csv,text/plain"
          onChange={async ({ currentTarget: { files } }) => setText((await files?.[0]?.text()) ?? '')}
        />
      </label>
      <label class="field">
        <span>
          One partner a line: its id, or <code>id,name</code> for one that is new
        </span>
        <textarea value={text} rows={5} spellcheck={false} onInput={({ currentTarget }) => setText(currentTarget.value)} />
      </label>
      <label class="row">
        <input type="checkbox" checked={isWithdrawing} onChange={({ currentTarget }) => setWithdrawing(currentTarget.checked)} />
        Withdraw these partners
      </label>
      {faults.length > 0 && (
        <div role="alert" class="callout bad">
          <p>{countOf(faults.length, 'line')} cannot be used. Nothing is sent until every line fits.</p>
          <ul>
            {faults.slice(0, maxFaultsShown).map((fault) => (
              <li key={fault}>
                <Name>{fault}</Name>
              </li>
            ))}
          </ul>
        </div>
      )}
      <div class="row">
        <Act
          operation="partners.change"
          params={{ realm, organization: slug }}
          version={version}
          label={isWithdrawing ? `Withdraw ${told}` : `Allow ${told}`}
          tone={isWithdrawing ? 'danger' : 'primary'}
          fields={[]}
          fixed={{
            authorize: isWithdrawing ? [] : partners.map(({ id, name }) => ({ id, ...(name !== undefined && { name }) })),
            withdraw: isWithdrawing ? partners.map(({ id }) => id) : [],
          }}
          unavailable={whyNot(partners.length, faults.length)}
          consequence={
            <p>
              All or none: if one line does not fit, nothing changes. Calls of <Name>{who}</Name> for{' '}
              {partners.length === 1 ? 'this partner' : `these ${partners.length.toLocaleString('en')} partners`} are{' '}
              {isWithdrawing ? 'refused' : 'allowed'} from then on.
            </p>
          }
          done={({ partners: { total } }) =>
            total === allowed.total
              ? `Nothing was changed: ${who} may act for all of them already.`
              : isWithdrawing
                ? `${told} withdrawn.`
                : `${countOf(total - allowed.total, 'partner')} allowed.`
          }
          onDone={() => setText('')}
        />
      </div>
    </div>
  )
}

function whyNot(partners: number, faults: number): string | undefined {
  if (partners === 0) return 'There are no lines yet.'
  if (faults > 0) return 'Some lines cannot be used.'
  return partners > maxPartners ? `At most ${maxPartners.toLocaleString('en')} at once; the command line takes longer files.` : undefined
}
