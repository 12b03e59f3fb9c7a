#!/bin/sh
# Installed by `assize hook install`; `assize hook remove` removes it unless it was changed. Form 1.
if ! command -v assize >/dev/null 2>&1; then
    echo 'assize is not on the PATH, so this commit was not reviewed; `git commit --no-verify` commits all the same' >&2
    exit 1
fi
exec assize hook run commit-msg "$@"
