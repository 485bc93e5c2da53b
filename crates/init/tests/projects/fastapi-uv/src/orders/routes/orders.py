from fastapi import APIRouter

router = APIRouter(prefix="/orders")


@router.post("", status_code=201)
async def create(order: dict): ...


@router.get("/{order_id}")
async def read(order_id: int): ...


@router.patch("/{order_id}")
async def update(order_id: int, order: dict): ...


@router.delete("/{order_id}", status_code=204)
async def delete(order_id: int): ...
