KEY=<<key>>

REPLY=$(curl -sS <<submit>> \
  -H "Authorization: Bearer $KEY" \
  -F person_images=@<<person>> \
  -F garment_images=@<<garment>>)
echo "$REPLY"
STATUS=$(printf '%s' "$REPLY" | sed -n 's/.*"statusUrl":"\([^"]*\)".*/\1/p')

# Repeat until "status" is completed or failed: then there is "imageUrl", or "error".
curl -sS <<base>>"$STATUS" -H "Authorization: Bearer $KEY"
