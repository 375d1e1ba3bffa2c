import type { VNode } from 'preact'
import type { OperationOutput } from '@countersign/admin'
import { Card, Empty } from '../../shared/components/card.tsx'
import { Chip, type Tone } from '../../shared/components/chip.tsx'
import { Copyable } from '../../shared/components/copyable.tsx'
import { Choice, Filters } from '../../shared/components/filters.tsx'
import { Column, Table } from '../../shared/components/table.tsx'
import { Time } from '../../shared/components/time.tsx'
import { definePage, Page } from '../../shared/page.tsx'
import { read } from '../../shared/reads.ts'

type Key = OperationOutput<'signingKeys.list'>['items'][number]

export const page = definePage({
  path: '/:realm/keys',
  title: 'Signing keys',
  needs: 'keys:read',
  query: { ended: '', after: '' },
  data: ({ realm, ended, after }) => ({
    keys: read('signingKeys.list', {
      params: { realm },
      query: { ...(ended === 'true' && { ended: 'true' as const }), ...(after && { after }) },
    }),
  }),
  view: ({ keys }) => (
    <Page title="Signing keys">
      <p class="soft text">
        With these the realm signs its tokens. The server replaces them by itself, as "signingKeys" of the realm says.
      </p>
      <Filters>
        <Choice
          name="ended"
          label="Show"
          choices={[
            ['', 'keys in use'],
            ['true', 'also keys that have ended'],
          ]}
        />
      </Filters>
      <Card>
        <Table
          of={keys}
          keyOf={({ keyId }: Key) => keyId}
          label="Signing keys"
          empty={<Empty title="No signing key">The server makes the first one when it starts.</Empty>}
        >
          <Column title="Key" main cell={({ keyId }: Key) => <Copyable text={keyId} name="key id" />} />
          <Column title="State" cell={(key: Key) => <StateOf signing={key} />} />
          <Column title="Algorithm" cell={({ algorithm }: Key) => <code>{algorithm}</code>} />
          <Column title="Published" cell={({ publishedAt }: Key) => <Time at={publishedAt} none="before it came here" />} />
          <Column title="Signs since" cell={({ activatedAt }: Key) => <Time at={activatedAt} />} />
          <Column title="Next" cell={(key: Key) => <NextOf signing={key} />} />
        </Table>
      </Card>
    </Page>
  ),
})

const states: Readonly<Record<Key['state'], readonly [tone: Tone, word: string]>> = {
  staged: ['go', 'published'],
  active: ['ok', 'signs now'],
  retiring: ['off', 'only verifies'],
  retired: ['off', 'ended'],
  compromised: ['bad', 'compromised'],
}

function StateOf({ signing: { state, reserve } }: { readonly signing: Key }): VNode {
  const [tone, word] = states[state]
  return <Chip tone={tone}>{reserve ? `${word}, signs next` : word}</Chip>
}

function NextOf({ signing: { state, maySignFrom, keptUntil, stateSince } }: { readonly signing: Key }): VNode {
  if (state === 'staged')
    return (
      <>
        may sign from <Time at={maySignFrom} none="now on" />
      </>
    )
  if (state === 'retiring')
    return (
      <>
        its last token ends <Time at={keptUntil} none="soon" />, then it is removed
      </>
    )
  if (state === 'active') return <span class="soft">until the next one takes its place</span>
  return (
    <>
      ended <Time at={stateSince} none="some time ago" />
    </>
  )
}
