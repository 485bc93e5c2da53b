export default function Page() {
  return <h1>{process.env.SHOP_NAME ?? 'Shop'}</h1>
}
