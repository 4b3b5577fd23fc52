# pip install requests
import time
import requests

headers = {"Authorization": "Bearer " + <<key>>}
files = {
    "person_images": open(<<person>>, "rb"),
    "garment_images": open(<<garment>>, "rb"),
}
reply = requests.post(<<submit>>, headers=headers, files=files).json()
if "statusUrl" not in reply:
    raise SystemExit(reply["error"])

while True:
    job = requests.get(<<base>> + reply["statusUrl"], headers=headers).json()
    if job["status"] != "processing":
        break
    time.sleep(2)

if job["status"] == "failed":
    raise SystemExit(f"{job['error']} ({job['errorCode']})")
print(job["imageUrl"])
