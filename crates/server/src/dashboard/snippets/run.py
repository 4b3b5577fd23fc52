# pip install requests
import time
import requests
<<credentials>>

parts = [
<<fields>>]
reply = requests.post(<<run>>, headers=headers, files=parts).json()
if not reply["result"]:
    raise SystemExit(reply["errors"][0]["message"])

while True:
    query = {"tasktoken": reply["socketaccesstoken"]}
    task = requests.post(<<detail>>, headers=headers, json=query).json()["tasklist"][0]
    if task["status"] in ("task_postprocess_end", "task_cancel"):
        break
    time.sleep(2)

if task["pexit"] != "0":
    raise SystemExit(task["debugerror"] or task["status"])
for output in task["outputs"]:
    print(output["url"])
