// One "jti" for all assertions.
import { serve } from './backend.mjs'
import { KeyBackend } from './key-backend.mjs'

class Bad extends KeyBackend {
  claims() {
    return { ...super.claims(), jti: 'backend-1' }
  }
}

serve(new Bad())
