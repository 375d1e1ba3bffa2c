// Signing in at the identity provider of the own company, which its realm and short name tell.
import type { VNode } from 'preact'
import { useLocation } from 'preact-iso'
import { TextField } from '../shared/components/text-field.tsx'
import { providerUrl } from '../shared/elsewhere.ts'

/** For a person without the address that names the company. */
export function FindCompany({ mount }: { readonly mount: string }): VNode {
  const { query } = useLocation()
  const submit = (event: SubmitEvent) => {
    event.preventDefault()
    const fields = new FormData(event.currentTarget as HTMLFormElement)
    const valueOf = (name: string) => String(fields.get(name) ?? '').trim()
    location.assign(providerUrl(mount, { place: [valueOf('realm'), valueOf('organization')] }))
  }
  return (
    <details>
      <summary>Sign in at your company</summary>
      <form class="grid" onSubmit={submit}>
        <p class="soft small">
          If the provider has set it up for your company. It has an address of its own, which the provider gave to it.
        </p>
        <TextField name="realm" label="Realm" autocomplete="off" {...shortName} defaultValue={query['realm'] ?? ''} />
        <TextField
          name="organization"
          label="Short name of your company"
          autocomplete="organization"
          {...shortName}
          hint="Lower-case letters, digits and “-”, for example acme."
        />
        <button type="submit" class="wide">
          Go on
        </button>
      </form>
    </details>
  )
}

const shortName = { pattern: '[a-z0-9\\-]+', maxLength: 63, expected: 'It has only lower-case letters, digits and “-”.' } as const
