#!/usr/bin/env bash
# Refuses a commit where a lock beside a staged spec isn't up to date or isn't staged, or where a version is lower than
# the change since HEAD calls for. As a hook of plain git: ln -s ../../hooks/mm-versions.sh .git/hooks/pre-commit
# Files are arguments, else what is staged. MM is the command that runs mm.
set -euo pipefail

if [ -z "${MM:-}" ]; then
  if command -v mm > /dev/null; then MM=mm; else MM='npx --no-install mm'; fi
fi
if [ "$#" -gt 0 ]; then
  files=("$@")
else
  mapfile -d '' -t files < <(git diff --cached --name-only -z --relative --diff-filter=ACMR -- '*.mm')
fi
status=0
for file in "${files[@]}"; do
  if [ -e "$file.lock" ]; then
    $MM lock --check "$file" || status=1
    # What is committed is what is staged.
    if ! git ls-files --error-unmatch -- "$file.lock" > /dev/null 2>&1 || ! git diff --quiet -- "$file.lock"; then
      echo "$file.lock is not staged: git add $file.lock" >&2
      status=1
    fi
  fi
  if git rev-parse --verify --quiet HEAD > /dev/null; then
    $MM check --against HEAD "$file" || status=1
  else
    $MM check "$file" || status=1
  fi
done
exit "$status"
