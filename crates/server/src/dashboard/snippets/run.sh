<<credentials>>
REPLY=$(curl -sS <<run>> \
<<headers>><<fields>>)
echo "$REPLY"
TOKEN=$(printf '%s' "$REPLY" | sed -n 's/.*"socketaccesstoken":"\([^"]*\)".*/\1/p')

# Repeat until "status" is task_postprocess_end or task_cancel. Then "pexit" is "0" or
# "debugerror" says why not, and "outputs" has the addresses.
curl -sS <<detail>> \
<<headers>>  --form-string "tasktoken=$TOKEN"
