// The palette (Ctrl K): finds pages, organizations, clients, partners and actions. A request id or a token that is pasted opens Explain.
import type { VNode } from 'preact'
import { useEffect, useState } from 'preact/hooks'
import { useLocation } from 'preact-iso'
import { Combobox } from '../shared/combobox.tsx'
import { Dialog } from '../shared/components/dialog.tsx'
import { closeDialog, openDialog } from '../shared/components/open-dialog.tsx'
import { Name } from '../shared/components/name.tsx'
import { hrefOf, pathTo } from '../shared/links.tsx'
import { actionsOf } from './actions.ts'
import type { EarlyKeys } from './early-keys.ts'
import { findInRealm, pathOfFound, type Found } from './find.ts'
import { ofRealm, ofServer } from './page-names.ts'
import { keepToken } from './token-to-explain.ts'
import { containsText, looksLikeSecret, looksLikeToken, matches, requestIdOf } from './pasted.ts'
import { useRealm } from './realm.ts'

/** @param early what was typed while this file was loaded */
export function showPalette(early: EarlyKeys, opener?: HTMLElement): void {
  openDialog(() => <Palette early={early} />, opener)
}

interface Entry {
  readonly id: string
  readonly content: VNode
  readonly go: () => void
}

const pauseMs = 200

const secretWords = 'This is a client secret. It was sent nowhere. If it leaked, find its client by name, and revoke it there.'

function Palette({ early }: { readonly early: EarlyKeys }): VNode {
  const { route } = useLocation()
  const realm = useRealm()
  const [text, setText] = useState(early.text)
  const [found, setFound] = useState<{ readonly of: string; readonly items: readonly Found[] }>({ of: '', items: [] })
  /** The text for which Enter was pressed before anything was found. */
  const [entered, setEntered] = useState(early.isEntered ? early.text.trim() || undefined : undefined)
  const asked = text.trim()
  const isSecret = looksLikeSecret(asked)
  const isSearchable = realm !== undefined && asked !== '' && !looksLikeToken(asked) && !isSecret
  const isSearched = !isSearchable || found.of === asked
  useEffect(() => {
    if (!isSearchable) return
    const stop = new AbortController()
    const timer = setTimeout(() => {
      findInRealm(realm, asked, stop.signal)
        .catch(() => [])
        .then((items) => !stop.signal.aborted && setFound({ of: asked, items }))
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
  const id = requestIdOf(asked)
  const request =
    id === undefined ? [] : [entry('request', <>Why was the request {id} refused?</>, 'Explain', () => goTo(pathTo('explain', id)))]
  // While the next answer is awaited: of the one before, what has the text that is there now.
  const fitting = isSearchable ? found.items.filter((one) => isSearched || containsText([one.id, one.name], asked)) : []
  const resources = fitting.map((one) =>
    entry(`${one.kind} ${one.id}`, <Name>{one.name}</Name>, `${one.kind} · ${one.kind === 'client' ? one.where : one.id}`, () =>
      goTo(pathOfFound(realm!, one)),
    ),
  )
  const named = [...pages, ...actions].filter(({ name }) => matches(name, asked)).map((one) => one.entry)
  const options = looksLikeToken(asked)
    ? [entry('token', <>What is this token, and why is it refused?</>, 'Explain', () => explainToken(asked))]
    : [...request, ...named.slice(0, asked === '' ? 20 : 6), ...resources]
  useEffect(() => {
    if (looksLikeToken(early.text.trim())) explainToken(early.text.trim())
  }, [])
  useEffect(() => {
    if (entered !== undefined && entered === asked) options[0]?.go()
  }, [entered, asked, options.length])
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
        none={isSecret ? secretWords : isSearched ? 'Nothing has this name.' : 'Searching'}
        maxLength={10_000}
        onText={setText}
        onPick={({ go }) => go()}
        onEnterWithoutOption={() => setEntered(asked)}
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
