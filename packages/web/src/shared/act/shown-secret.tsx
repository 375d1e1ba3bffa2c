import type { ComponentChildren, VNode } from 'preact'
import { envFileOf } from './env-file.ts'
import { ShownOnce } from './shown-once.tsx'

export interface ShownSecretProps {
  readonly title: string
  readonly clientId: string
  readonly secret: string
  readonly tokenUrl?: string | undefined
  /** What to do next. */
  readonly children?: ComponentChildren
  readonly onClose: () => void
}

export function ShownSecret({ title, clientId, secret, tokenUrl, children, onClose }: ShownSecretProps): VNode {
  const save = () => saveText(`${clientId.replace(/[^\w.-]/g, '_')}.env`, envFileOf({ clientId, secret, tokenUrl }))
  return (
    <ShownOnce
      title={title}
      name="Secret"
      text={secret}
      save={{ label: 'Save as .env', run: save }}
      onClose={onClose}
      beside={
        <dl>
          <dt>Client id</dt>
          <dd>
            <code>{clientId}</code>
          </dd>
          {tokenUrl && (
            <>
              <dt>Token URL</dt>
              <dd>
                <code>{tokenUrl}</code>
              </dd>
            </>
          )}
        </dl>
      }
    >
      {children}
    </ShownOnce>
  )
}

function saveText(name: string, text: string): void {
  const url = URL.createObjectURL(new Blob([text], { type: 'text/plain' }))
  const link = document.createElement('a')
  link.href = url
  link.download = name
  link.click()
  setTimeout(() => URL.revokeObjectURL(url))
}
