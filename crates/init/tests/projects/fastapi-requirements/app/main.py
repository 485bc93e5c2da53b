"""Notes."""

import os

from fastapi import FastAPI, HTTPException
from sqlmodel import Field, Session, SQLModel, create_engine, select

# os.environ["NOT_READ"]
engine = create_engine(os.environ["DATABASE_URL"])
page = int(os.getenv("PAGE_SIZE", "50"))


class Note(SQLModel, table=True):
    id: int | None = Field(default=None, primary_key=True)
    text: str


app = FastAPI(title="Notes")


@app.on_event("startup")
def prepare():
    SQLModel.metadata.create_all(engine)


@app.get("/healthz")
def healthz():
    return {"status": "ok"}


@app.post("/notes", response_model=Note, status_code=201)
def create(note: Note):
    with Session(engine, expire_on_commit=False) as session:
        session.add(note)
        session.commit()
        session.refresh(note)
        return note


@app.get("/notes", response_model=list[Note])
def notes():
    with Session(engine) as session:
        return session.exec(select(Note).limit(page)).all()


def found(session, id):
    note = session.get(Note, id)
    if note is None:
        raise HTTPException(404)
    return note


@app.get("/notes/{id}", response_model=Note)
def note(id: int):
    with Session(engine) as session:
        return found(session, id)


@app.put("/notes/{id}", response_model=Note)
def update(id: int, changed: Note):
    with Session(engine, expire_on_commit=False) as session:
        note = found(session, id)
        note.text = changed.text
        session.add(note)
        session.commit()
        session.refresh(note)
        return note


@app.delete("/notes/{id}", status_code=204)
def delete(id: int):
    with Session(engine) as session:
        session.delete(found(session, id))
        session.commit()
