// An invitation: who invites to what, and a form that makes a passkey. Opening it changes nothing.
import type { VNode } from 'preact'
import { useEffect, useRef, useState } from 'preact/hooks'
import { useLocation } from 'preact-iso'
import type { PortalRole } from '@countersign/admin'
import { placeErrors } from '../../shared/act/outcome.ts'
import { apiPath, send } from '../../shared/call.ts'
import { CallError, unreachable } from '../../shared/call-error.ts'
import { Card } from '../../shared/components/card.tsx'
import { Failure } from '../../shared/components/failure.tsx'
import { Name } from '../../shared/components/name.tsx'
import { Skeleton } from '../../shared/components/skeleton.tsx'
import { TextField } from '../../shared/components/text-field.tsx'
import { Time } from '../../shared/components/time.tsx'
import { hrefOf, Link } from '../../shared/links.tsx'
import { definePage, Page } from '../../shared/page.tsx'
import { rolePowers } from '../../shared/portal-roles.ts'
import { canUsePasskeys, makePasskey } from '../../shared/passkey.ts'
import { beginSession, type Session } from '../../shared/session.ts'
import { invitation } from '../invitation-token.ts'

export const page = definePage({
  path: '/invitation',
  title: 'Invitation',
  data: () => ({}),
  view: () => (
    <Page title="Invitation">
      {invitation.value === undefined ? <Missing /> : <Open key={invitation.value} token={invitation.value} />}
    </Page>
  ),
})

function Missing(): VNode {
  return (
    <Card title="Open the link of your invitation again">
      <div class="grid">
        <p>This page removes the invitation from its address at once, so that the history of the browser does not keep it.</p>
        <ToSignIn />
      </div>
    </Card>
  )
}

function ToSignIn(): VNode {
  return (
    <p class="soft">
      You have a passkey already? <Link to="/sign-in">Sign in</Link>
    </p>
  )
}

interface Facts {
  readonly realmName: string
  readonly organization: { readonly name: string }
  readonly role: PortalRole
  readonly invitedBy: string
  readonly endsAt: string
}

function Open({ token }: { readonly token: string }): VNode {
  const [facts, setFacts] = useState<Facts>()
  const [error, setError] = useState<CallError>()
  const load = () => {
    setError(undefined)
    send(apiPath('/invitation'), { method: 'POST', body: { invitation: token } }).then(
      (found) => setFacts(found as Facts),
      (thrown: unknown) => setError(asError(thrown)),
    )
  }
  useEffect(load, [token])
  if (error?.code === 'invitation-ended') return <Ended />
  if (error) return <Failure error={error} retry={load} />
  return facts ? <Form token={token} facts={facts} onEnded={setError} /> : <Skeleton />
}

function Ended(): VNode {
  return (
    <Card title="This invitation has ended">
      <div class="grid">
        <p role="alert">
          It was accepted before, withdrawn, or is older than 7 days. Ask the person who sent it to you for another one: a link works for
          one person, once.
        </p>
        <ToSignIn />
      </div>
    </Card>
  )
}

interface FormProps {
  readonly token: string
  readonly facts: Facts
  readonly onEnded: (error: CallError) => void
}

function Form({ token, facts: { organization, role, invitedBy, endsAt }, onEnded }: FormProps): VNode {
  const { route } = useLocation()
  const form = useRef<HTMLFormElement>(null)
  const [error, setError] = useState<CallError>()
  const [isBusy, setBusy] = useState(false)
  const { placed, rest } = placeErrors(error?.errors ?? [], ['/name', '/address'])
  useEffect(() => form.current?.querySelector<HTMLElement>('[aria-invalid]')?.focus(), [error])
  const accept = async (event: SubmitEvent) => {
    event.preventDefault()
    const fields = new FormData(form.current!)
    const asked = { invitation: token, name: textOf(fields, 'name'), address: textOf(fields, 'address') }
    setBusy(true)
    setError(undefined)
    try {
      const credential = await makePasskey('/invitation/options', asked)
      await beginSession((await send(apiPath('/invitation/accept'), { method: 'POST', body: { ...asked, credential } })) as Session)
      invitation.value = undefined
      return route(hrefOf('/'), true)
    } catch (thrown) {
      const failed = asError(thrown)
      if (failed.code === 'invitation-ended') return onEnded(failed)
      setError(failed)
    }
    return setBusy(false)
  }
  return (
    <form ref={form} class="card sign-in" onSubmit={(event) => void accept(event)}>
      <h2 class="cause">
        {invitedBy === 'the provider' ? 'The provider' : <Name>{invitedBy}</Name>} invites you to the portal of{' '}
        <Name>{organization.name}</Name>
      </h2>
      <p>
        As <b>{role}</b>: you {rolePowers[role]}. <span class="soft">The invitation ends {<Time at={endsAt} />}.</span>
      </p>
      {error && Object.keys(placed).length === 0 && <Failure error={withErrors(error, rest)} />}
      <TextField name="name" label="Your name" autocomplete="name" maxLength={200} wrong={placed['/name']} />
      <TextField
        name="address"
        type="email"
        label="Your work email address"
        autocomplete="email"
        maxLength={254}
        hint="Shown to your colleagues and to the provider. No mail is sent to it."
        expected="Write it as name@company.example."
        wrong={placed['/address']}
      />
      {canUsePasskeys() ? (
        <button type="submit" class="primary wide" disabled={isBusy}>
          Make a passkey
        </button>
      ) : (
        <p class="callout warn" role="alert">
          This browser cannot make a passkey. Open the link in a current version of Chrome, Edge, Firefox or Safari: it stays good.
        </p>
      )}
      <p class="small soft">
        A passkey takes the place of a password: your device keeps it, and asks for your fingerprint, face or PIN when you sign in.
      </p>
      <details class="small soft">
        <summary>No passkey on this device?</summary>
        <p>
          The browser can also use a phone nearby, a security key or a password manager. Or open the link on another device: it stays good
          until a passkey was made. With the client id and secret of your backend you can <Link to="/sign-in">sign in without one</Link>, to
          see that one client.
        </p>
      </details>
    </form>
  )
}

function textOf(fields: FormData, name: string): string {
  return String(fields.get(name) ?? '').trim()
}

function asError(thrown: unknown): CallError {
  return thrown instanceof CallError ? thrown : unreachable()
}

function withErrors(error: CallError, errors: CallError['errors']): CallError {
  return errors.length === error.errors.length ? error : new CallError({ ...error, errors })
}
