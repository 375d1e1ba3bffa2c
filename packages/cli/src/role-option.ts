// --role of the commands for invitations and people.
import { Option } from 'commander'
import { portalRoles } from '@countersign/admin'

export function roleOption(): Option {
  return new Option('--role <role>', 'role at the portal').choices(portalRoles).makeOptionMandatory()
}
