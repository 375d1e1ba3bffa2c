// The key of the start, for ever.
import { serve } from './backend.mjs'
import { KeyBackend } from './key-backend.mjs'

class Bad extends KeyBackend {
  key = super.readKey()

  readKey() {
    return this.key
  }
}

serve(new Bad())
