# Runs the playbook, and prints the secret for the program that started this one. The argument is the folder in which Ansible is installed.
set -eu
SECRET_FILE=$(mktemp)
trap 'rm -f "$SECRET_FILE"' EXIT
export SECRET_FILE ANSIBLE_LOCALHOST_WARNING=false ANSIBLE_INVENTORY_UNPARSED_WARNING=false LC_ALL=C.UTF-8
"$1"/bin/ansible-playbook "$(dirname "$0")/admin.yml" >&2
# Both modules look the client up by its id, and fail if there is none.
echo "found $CLIENT_ID true"
echo "secret $(cat "$SECRET_FILE")"
