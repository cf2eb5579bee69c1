"""Pictures and music to call about: sent like people send them, and processed for real."""

import struct
import urllib.parse
import urllib.request
import zlib

BOUNDARY = "a-line-that-stands-in-no-picture"
# What begins as a recording and is none: nothing can be made of it.
BROKEN = b"fLaC" + bytes(200)


def picture(shade):
    """A small PNG, all of one shade."""
    width, height = 48, 32
    chunk = lambda kind, body: struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))
    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    rows = (b"\0" + bytes([shade, 80, 160]) * width) * height
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b"")


def recording():
    """Half a second of a tone as WAV."""
    samples = b"".join(struct.pack("<h", 8000 if at // 20 % 2 else -8000) for at in range(4000))
    form = struct.pack("<HHIIHH", 1, 1, 8000, 16000, 2, 16)
    body = b"WAVEfmt " + struct.pack("<I", len(form)) + form + b"data" + struct.pack("<I", len(samples)) + samples
    return b"RIFF" + struct.pack("<I", len(body)) + body


def form(files):
    """Files as a browser's form has them: the type of its body, and the body."""
    parts = [f'--{BOUNDARY}\r\nContent-Disposition: form-data; name="files"; filename="{place}.png"\r\n\r\n'.encode()
             + file + b"\r\n" for place, file in enumerate(files)]
    return f"multipart/form-data; boundary={BOUNDARY}", b"".join(parts) + f"--{BOUNDARY}--\r\n".encode()


class Media:
    """What there is to see and to hear, for a world."""

    def __init__(self, world):
        self.world = world
        self.albums()
        self.uploads()
        self.sets()
        month = world.ask("GET", "/users/me/egress")["month"]
        world.add("egress", month)

    def album(self, title):
        return self.world.ask("POST", "/admin/albums", {"title": title, "access": "members"})["id"]

    def albums(self):
        """An album with pictures, of which some are wanted gone, and one that may be removed."""
        world, album = self.world, self.album("The night")
        world.add("albums", album, self.album("Empty"))
        files = form([picture(shade) for shade in range(0, 250, 25)])
        sent = world.send(f"/admin/albums/{album}/images", *files)
        images = [item["image"]["id"] for item in sent["items"]]
        state = lambda image: world.ask("GET", f"/admin/images/{image}")["status"]
        world.until("pictures", lambda: all(state(image) == "ready" for image in images))
        world.ask("PATCH", "/admin/images", {"ids": images, "published": True})
        # By its link alone: nobody could make one up.
        source = world.ask("GET", f"/admin/images/{images[0]}")["sources"][0]
        urllib.request.urlopen(source["url"], timeout=60).close()
        wanted = [world.ask("POST", f"/gallery/images/{image}/removal-request", {}, world.buyer)["id"]
                  for image in images[:4]]
        world.add("to be agreed", *wanted[:2])
        world.add("to be refused", *wanted[2:])
        world.add("asked for", *images[4:6])
        world.add("images", *images[6:])
        world.asked("POST", "/admin/albums", {"title": "Another night", "access": "members"})
        world.asked("PATCH", "/admin/albums/{id}", {"title": "A later night"})
        world.asked("PATCH", "/admin/images", {"ids": images[6:], "published": True})
        world.asked("PATCH", "/admin/images/{id}", {"caption": "Lights"})
        world.asked("POST", "/admin/images/retry", {"ids": images[6:]})
        world.asked("DELETE", "/admin/images", {"ids": images[-1:]})
        world.asked("POST", "/gallery/images/{id}/removal-request", {"reason": "That is my face."})
        world.asked("POST", "/admin/removal-requests/{id}/agree", {"note": "Of course."})
        world.asked("POST", "/admin/removal-requests/{id}/refuse", {"note": "Nobody is on it."})
        world.form("/admin/albums/{id}/images", *form([picture(99)]))

    def begun(self, file, content_type):
        """An upload of which all has arrived."""
        wish = {"kind": "set", "filename": "night.wav", "size": len(file), "content_type": content_type}
        begun = self.world.ask("POST", "/admin/uploads", wish)
        request = urllib.request.Request(begun["parts"][0]["url"], file, method="PUT")
        urllib.request.urlopen(request, timeout=60).close()
        return begun["upload_id"]

    def completed(self, file, content_type="audio/wav"):
        upload = self.begun(file, content_type)
        self.world.ask("POST", f"/admin/uploads/{upload}/complete", {})
        return upload

    def uploads(self):
        """Uploads on their way, whole ones, and what a new set is made of."""
        world, file = self.world, recording()
        world.add("uploads", *[self.begun(file, "audio/wav") for _ in range(2)])
        world.add("whole uploads", *[self.begun(file, "audio/wav") for _ in range(2)])
        world.add("recordings", *[self.completed(file) for _ in range(2)])
        wish = {"kind": "set", "filename": "night.wav", "size": len(file), "content_type": "audio/wav"}
        world.asked("POST", "/admin/uploads", wish)
        world.asked("POST", "/admin/uploads/{id}/complete", {})

    def sets(self):
        """A set that is heard, with the pass of a player, one of which nothing could be made, and one that may be removed."""
        world = self.world
        make = lambda upload: world.ask("POST", "/admin/sets", {"title": "The night", "artist": "Ada", "upload_id": upload,
                                                                 "downloadable": True})["id"]
        heard, other = make(self.completed(recording())), make(self.completed(recording()))
        failed = [make(self.completed(BROKEN, "audio/flac")) for _ in range(2)]
        state = lambda music: world.ask("GET", f"/admin/sets/{music}")["status"]
        world.until("a set", lambda: state(heard) == state(other) == "ready")
        world.until("a set that fails", lambda: all(state(music) == "failed" for music in failed))
        for music in [heard, other]:
            world.ask("PATCH", f"/admin/sets/{music}", {"published": True})
        world.add("sets", heard, other)
        world.add("failed sets", *failed)
        played = world.ask("GET", f"/music/sets/{heard}/stream", token=world.token)["hls_url"]
        world.add("heard", heard)
        world.add("passes", urllib.parse.urlsplit(played).path.split("/")[-2])
        world.add("playlists", "master.m3u8", "opus-128.m3u8", "opus-128.mp4")
        body = {"title": "The night", "artist": "Ada", "upload_id": world.things["recordings"][0]}
        world.asked("POST", "/admin/sets", body)
        world.asked("PATCH", "/admin/sets/{id}", {"artist": "Ada and Bob"})
        world.asked("PUT", "/music/sets/{id}/position", {"seconds": 0.2})
