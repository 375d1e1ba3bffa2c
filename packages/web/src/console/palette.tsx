// The palette (Ctrl K): finds pages, organizations, clients, partners and actions. A request id or a token that is pasted opens Explain.
import type { VNode } from 'preact'
import { useEffect, useState } from 'preact/hooks'
import { useLocation } from 'preact-iso'
import { Combobox } from '../shared/combobox.tsx'
import { closeDialog, Dialog, openDialog } from '../shared/components/dialog.tsx'
import { Name } from '../shared/components/name.tsx'
import { hrefOf, pathTo } from '../shared/links.tsx'
import { actionsOf } from './actions.ts'
import { findInRealm, pathOfFound, type Found } from './find.ts'
import { ofRealm, ofServer } from './page-names.ts'
import { keepToken } from './token-to-explain.ts'
import { looksLikeRequestId, looksLikeToken, matches } from './pasted.ts'
import { useRealm } from './realm.ts'

export function showPalette(opener?: HTMLElement): void {
  openDialog(() => <Palette />, opener)
}

interface Entry {
  readonly id: string
  readonly content: VNode
  readonly go: () => void
}

const pauseMs = 200

function Palette(): VNode {
  const { route } = useLocation()
  const realm = useRealm()
  const [text, setText] = useState('')
  const [found, setFound] = useState<readonly Found[]>([])
  const [isSearched, setSearched] = useState(true)
  const asked = text.trim()
  useEffect(() => {
    if (realm === undefined || asked === '' || looksLikeToken(asked)) {
      setFound([])
      return setSearched(true)
    }
    const stop = new AbortController()
    setSearched(false)
    const timer = setTimeout(() => {
      findInRealm(realm, asked, stop.signal)
        .then(setFound, () => setFound([]))
        .finally(() => !stop.signal.aborted && setSearched(true))
    }, pauseMs)
    return () => {
      clearTimeout(timer)
      stop.abort()
    }
  }, [asked, realm])

  const goTo = (to: string) => {
    closeDialog()
    route(hrefOf(to))
  }
  const explainToken = (token: string) => {
    keepToken(token)
    goTo('/explain')
  }
  const entry = (id: string, name: VNode, what: string, go: () => void): Entry => ({
    id,
    go,
    content: (
      <>
        <span>{name}</span> <span class="small soft">{what}</span>
      </>
    ),
  })
  const pages = [...(realm === undefined ? [] : ofRealm.map(([rest, name]) => [pathTo(realm) + rest, name] as const)), ...ofServer].map(
    ([to, name]) => ({ name, entry: entry(to, <>{name}</>, 'page', () => goTo(to)) }),
  )
  const actions = (realm === undefined ? [] : actionsOf(realm)).map(({ name, open }) => ({
    name,
    entry: entry(`do ${name}`, <>{name}</>, 'action', () => {
      closeDialog()
      open()
    }),
  }))
  const request = looksLikeRequestId(asked)
    ? [entry('request', <>Why was the request {asked} refused?</>, 'Explain', () => goTo(pathTo('explain', asked)))]
    : []
  const resources = found.map((one) =>
    entry(`${one.kind} ${one.id}`, <Name>{one.name}</Name>, `${one.kind} · ${one.kind === 'client' ? one.where : one.id}`, () =>
      goTo(pathOfFound(realm!, one)),
    ),
  )
  const named = [...pages, ...actions].filter(({ name }) => matches(name, asked)).map((one) => one.entry)
  const options = looksLikeToken(asked)
    ? [entry('token', <>What is this token, and why is it refused?</>, 'Explain', () => explainToken(asked))]
    : [...request, ...named.slice(0, asked === '' ? 20 : 6), ...resources]
  return (
    <Dialog title="Search or jump to" class="palette">
      <Combobox
        label="Page, organization, client, partner, action, request id or token"
        isLabelUnseen
        isAlwaysOpen
        text={text}
        options={options}
        placeholder="Name or id"
        hint={
          realm === undefined
            ? 'Choose a realm to find its organizations and clients.'
            : `In ${realm}. A request id or a token opens Explain.`
        }
        none={isSearched ? 'Nothing has this name.' : 'Searching'}
        maxLength={10_000}
        onText={setText}
        onPick={({ go }) => go()}
        onPaste={(pasted) => {
          const token = pasted.trim()
          if (!looksLikeToken(token)) return false
          explainToken(token)
          return true
        }}
      />
    </Dialog>
  )
}
