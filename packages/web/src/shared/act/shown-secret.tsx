import type { ComponentChildren, VNode } from 'preact'
import { saveFile } from '../download.ts'
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
  const save = () => saveFile(`${clientId.replace(/[^\w.-]/g, '_')}.env`, 'text/plain', envFileOf({ clientId, secret, tokenUrl }))
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
