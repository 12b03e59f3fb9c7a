#!/bin/sh
# Installed by `assize hook install`; `assize hook remove` removes it unless it was changed. Form 1.
if ! command -v assize >/dev/null 2>&1; then
    echo 'assize is not on the PATH, so nothing of this push was reviewed; `git push --no-verify` pushes all the same' >&2
    exit 1
fi
exec assize hook run pre-push "$@"
